const text = Buffer.from('Y29uc29sZS5sb2coMSk=', 'base64').toString();
console.log(text);
evaluate(atob_like);
