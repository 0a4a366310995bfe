const e = eval;
let x = 1;
e(atob('Y29uc29sZS5sb2coMSk='));
