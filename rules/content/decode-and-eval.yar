// Code that is written down encoded and decoded only to be run hides what it does from whoever reads it.

rule shell_decodes_and_runs
{
  meta:
    description = "A shell script decodes text and hands the result to an interpreter."
    title = "decoded text is run by a shell"
    severity = "medium"
    reference = "https://attack.mitre.org/techniques/T1140/"
    remedy = "Decode the text without running it, and read it."
    scope = "text"
  strings:
    $pipe = /\b(base64|base32|uudecode|xxd|openssl)[ \t]+[^\n|]{0,80}-(d|D|r|-decode)\b[^\n|]{0,200}\|([^\n|]{1,100}\|){0,3}[ \t]*(\/bin\/|\/usr\/bin\/)?(ba|da|k|z)?sh\b/
    $shell_variable = /\b(base64|base32|xxd)[ \t]+[^\n|]{0,80}-(d|D|r|-decode)\b[^\n|]{0,200}\|([^\n|]{1,100}\|){0,3}[ \t]*\$\{?(CONFIG_)?SHELL\}?/
    $eval = /\beval[ \t]+["']?(\$\(|`)[^\n]{0,300}\b(base64|base32|uudecode)[ \t]+[^\n]{0,80}-(d|D|-decode)\b/
  condition:
    any of them
}

rule python_decodes_and_runs
{
  meta:
    description = "Python code decodes or decompresses a literal and executes it."
    title = "decoded text is run by Python"
    severity = "medium"
    reference = "https://attack.mitre.org/techniques/T1027/"
    remedy = "Decode the literal without running it, and read it."
    scope = "text"
  strings:
    $exec = /\b(exec|eval)[ \t]*\([ \t]*(compile[ \t]*\([ \t]*)?(__import__[ \t]*\([ \t]*['"](base64|zlib|bz2|lzma|marshal|codecs|binascii)['"]|(base64|zlib|bz2|lzma|marshal|codecs|binascii)\.\w+[ \t]*\()/
    $assigned = /\b(b64decode|a85decode|b32decode|unhexlify|decompress|marshal\.loads)[ \t]*\([ \t]*b?['"]?[^\n'"()]*['"]?[ \t]*\)+[^\n]{0,40}\n?[^\n(]{0,80}\b(exec|eval)[ \t]*\([ \t]*\w+[ \t]*[),]/
    $nested = /\b(exec|eval)[ \t]*\([^\n]{0,120}\b(b64decode|a85decode|b32decode|unhexlify|decompress|marshal\.loads)[ \t]*\(/
    // Either word may have got another name first.
    $other_exec = /\b\w+[ \t]*=[ \t]*(builtins\.|__builtins__\.)?(exec|eval)[ \t]*[;#\n]/
    $decodes = /\b(b64decode|a85decode|b32decode|unhexlify|marshal\.loads)[ \t]*\(/
    $other_decode = /\b\w+[ \t]*=[ \t]*((base64|binascii|marshal|zlib|bz2|lzma)\.)?(b64decode|a85decode|b32decode|unhexlify|decompress|loads)[ \t]*[;#\n]/
    $runs_call = /\b(exec|eval)[ \t]*\([ \t]*(compile[ \t]*\([ \t]*)?\w+[ \t]*\(/
  condition:
    any of ($exec, $assigned, $nested) or ($other_exec and $decodes) or ($other_decode and $runs_call)
}

rule javascript_decodes_and_runs
{
  meta:
    description = "JavaScript code decodes a string and evaluates it."
    title = "decoded text is run by JavaScript"
    severity = "medium"
    reference = "https://attack.mitre.org/techniques/T1027/"
    remedy = "Decode the string without running it, and read it."
    scope = "text"
  strings:
    $eval = /\beval[ \t]*\([ \t]*(atob|unescape|decodeURIComponent|Buffer\.from|new Buffer|String\.fromCharCode)[ \t]*\(/
    $assigned = /\b(atob|Buffer\.from)[ \t]*\([ \t]*['"]?[^\n'"()]*['"]?[^\n()]{0,20}\)+[^\n]{0,40}\n?[^\n(]{0,80}\b(eval|new[ \t]+Function|runInThisContext|runInNewContext)[ \t]*\([ \t]*\w+[ \t]*[),]/
    $function = /\bnew[ \t]+Function[ \t]*\([ \t]*(atob|unescape|Buffer\.from|new Buffer|String\.fromCharCode)[ \t]*\(/
    $child = /\b(exec|execSync|spawn)[ \t]*\([ \t]*(Buffer\.from|new Buffer)[ \t]*\([^\n)]{1,400}["'](base64|hex)["']/
    // eval under another name.
    $other_eval = /\b\w+[ \t]*=[ \t]*((window|globalThis|global)\.)?eval[ \t]*[;\n]/
    $given = /\b\w+[ \t]*\([ \t]*(atob|Buffer\.from)[ \t]*\(/
  condition:
    any of ($eval, $assigned, $function, $child) or ($other_eval and $given)
}

rule php_or_perl_decodes_and_runs
{
  meta:
    description = "PHP or Perl code decodes a string and evaluates it: the usual shape of a web shell."
    title = "decoded text is run by PHP or Perl"
    severity = "medium"
    reference = "https://attack.mitre.org/techniques/T1505/003/"
    remedy = "Decode the string without running it, and read it."
    scope = "text"
  strings:
    $php = /\b(eval|assert)[ \t]*\([ \t]*@?(base64_decode|gzinflate|gzuncompress|str_rot13|strrev|hex2bin)[ \t]*\(/ nocase
    $perl = /\beval[ \t]*\(?[ \t]*(unpack[ \t]*\(?[ \t]*['"]u['"]|decode_base64|pack[ \t]*\(?[ \t]*['"]H\*?['"])/
    $request = /\b(eval|assert|system|passthru|shell_exec)[ \t]*\([ \t]*(stripslashes[ \t]*\()?[ \t]*\$_(GET|POST|REQUEST|COOKIE|SERVER)[ \t]*\[/ nocase
  condition:
    any of them
}
