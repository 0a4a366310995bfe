// What is fetched while a release is built was reviewed by nobody.

rule download_and_run
{
  meta:
    description = "Something is fetched from the network and handed to a shell in the same pipeline: what runs depends on the server and on the day."
    title = "download piped into a shell"
    severity = "medium"
    reference = "https://cwe.mitre.org/data/definitions/494.html"
    remedy = "Find out what the address serves, and why it is needed."
    scope = "text"
  strings:
    $pipe = /\b(curl|wget|fetch|lynx)[ \t][^\n|;]{1,300}\|[ \t]*(sudo[ \t]+)?(\/bin\/|\/usr\/bin\/)?(ba|da|k|z)?sh\b/
    $substituted = /\b(ba|da|k|z)?sh[ \t]+-c[ \t]+["']?[$`]\(?(curl|wget|fetch)[ \t]/
    $eval = /\beval[ \t]+["']?[$`]\(?(curl|wget|fetch)[ \t]/
    $process = /\b(ba|k|z)?sh[ \t]+<\((curl|wget|fetch)[ \t]/
  condition:
    (role == "build" or role == "source") and any of them
}

rule download_then_execute
{
  meta:
    description = "A build file fetches a file, makes it executable and starts it."
    title = "downloaded file is made executable"
    severity = "medium"
    reference = "https://attack.mitre.org/techniques/T1105/"
    remedy = "Find out what the address serves, and why it is needed."
    scope = "text"
  strings:
    $fetch = /\b(curl|wget)[ \t][^\n]{0,300}https?:\/\/[^\n]{1,300}[ \t]-(o|O)[ \t]+[\w.\/$\{\}"-]+/
    $mode = /\bchmod[ \t]+(\+x|a\+x|u\+x|0?7[0-7][0-7])[ \t]+[^\n;&|]{1,200}(;|&&|\n)[ \t]*(\.?\/[\w.\/-]+|"?\$[\w{(])/
  condition:
    role == "build" and $fetch and $mode
}
