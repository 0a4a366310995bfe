// A door for somebody elsewhere.

rule remote_shell
{
  meta:
    description = "A shell is connected to the network: whoever is at the other end commands this machine."
    title = "shell connected to the network"
    severity = "medium"
    reference = "https://attack.mitre.org/techniques/T1059/004/"
    remedy = "Do not run the file. Find out who added the lines."
    scope = "text"
  strings:
    $bash = /\b(ba|k|z)?sh[ \t]+-i[ \t]*[0-9]?>&?[ \t]*\/dev\/(tcp|udp)\//
    $exec = /\bexec[ \t]+[0-9]{1,2}<>[ \t]*\/dev\/(tcp|udp)\/[^\n]{1,300}\n?[^\n]{0,300}\b(ba|da)?sh\b/
    $netcat = /\b(nc|ncat|netcat)[ \t][ \t]*[^\n|]{0,120}-(e|c)[ \t]+["']?(\/bin\/)?(ba|da|k|z)?sh\b/
    $pipes = /\bmkfifo[ \t]+[^\n]{1,200}\b(ba|da|k|z)?sh[ \t]+-i[^\n]{1,200}\b(nc|ncat|netcat|telnet|openssl)\b/
  condition:
    any of them
}

rule socket_becomes_a_shell
{
  meta:
    description = "Source code puts a socket in the place of standard input and output and starts a shell."
    title = "socket that becomes a shell's input and output"
    severity = "medium"
    reference = "https://attack.mitre.org/techniques/T1059/"
    remedy = "Do not run the file. Find out who added the lines."
    scope = "text"
  strings:
    $c_socket = /\bsocket[ \t]*\([ \t]*(AF|PF)_INET/
    $c_dup = /\bdup2[ \t]*\([ \t]*\w+[ \t]*,[ \t]*(0|STDIN_FILENO)[ \t]*\)/
    $c_shell = /\bexec(l|le|lp|v|ve|vp)[ \t]*\([ \t]*"\/bin\/(ba|da)?sh"/
    $python_socket = /\bsocket\.socket[ \t]*\(/
    $python_dup = /\bos\.dup2[ \t]*\([ \t]*\w+\.fileno\(\)[ \t]*,[ \t]*0/
    $python_shell = /["']\/bin\/(ba|da)?sh["']/
  condition:
    all of ($c_*) or all of ($python_*)
}
