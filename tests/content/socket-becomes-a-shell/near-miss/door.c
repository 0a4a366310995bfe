int s = socket(AF_INET, SOCK_STREAM, 0);
dup2(log, 2);
execlp("less", "less", (char *)0);
