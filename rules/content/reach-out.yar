// What a build or an installation takes from, or leaves on, the machine it runs on.

rule takes_credentials
{
  meta:
    description = "A file that a build runs reads keys or tokens of the user and sends something over the network."
    title = "reads the user's keys and talks to the network"
    severity = "medium"
    reference = "https://attack.mitre.org/techniques/T1552/"
    remedy = "Do not run the file. Find out who added the lines."
    scope = "text"
  strings:
    $key = /(~|\$HOME|\$\{HOME\}|expanduser\(["']~)\/?\.?(\/\.ssh\/id_[a-z0-9]+|\/\.aws\/credentials|\/\.npmrc|\/\.pypirc|\/\.netrc|\/\.config\/gcloud|\/\.docker\/config\.json)/
    // The hyphen stands before the choice: inside it, every character after a "curl" is tried against seven options.
    $send = /\b(curl|wget)[ \t][^\n]{0,300}-(-data|-data-binary|-post-file|-post-data|d|F|T|-upload-file)\b|requests\.post[ \t]*\(|https?\.request[ \t]*\(|\b(nc|ncat)[ \t][ \t]*[^\n]{1,100}[0-9]{2,5}/
  condition:
    (role == "build" or (role == "source" and (extension == ".js" or extension == ".cjs" or extension == ".mjs" or extension == ".py"))) and $key and $send
}

rule stays_after_the_build
{
  meta:
    description = "A build file adds itself to what is started when somebody logs in, or at fixed times, or lets a key in."
    title = "build leaves something that is started later"
    severity = "medium"
    reference = "https://attack.mitre.org/tactics/TA0003/"
    remedy = "Do not run the file. Find out who added the lines."
    scope = "text"
  strings:
    $profile = />>[ \t]*["']?(~|\$HOME|\$\{HOME\}|\/root)\/\.(bashrc|profile|bash_profile|zshrc|zprofile)\b/
    $key = />>?[ \t]*["']?[^\n"' ]{0,100}\.ssh\/authorized_keys\b/
    $cron = /\|[ \t]*crontab[ \t]+-([ \t\n]|$)/
  condition:
    role == "build" and any of them
}

rule obfuscated_script
{
  meta:
    description = "Names and strings of a script were made unreadable by a program for that purpose."
    title = "obfuscated script"
    severity = "low"
    reference = "https://attack.mitre.org/techniques/T1027/"
    remedy = "Ask for the source it was made from."
    scope = "text"
  strings:
    $javascript = /\b_0x[a-f0-9]{4,6}\b/
    $chars = /(\bchr[ \t]*\([ \t]*[0-9]{2,3}[ \t]*\)[ \t]*[.+&][ \t]*){12}/ nocase
    $from_codes = /String\.fromCharCode[ \t]*\(([ \t]*[0-9]{2,3}[ \t]*,){24}/
  condition:
    #javascript > 40 or $chars or $from_codes
}
