// Machine code has no place in text.

rule encoded_executable
{
  meta:
    description = "Text holds the header of an executable, written in base64, in hexadecimal or as escapes."
    title = "header of an executable written as text"
    severity = "medium"
    reference = "https://attack.mitre.org/techniques/T1027/009/"
    remedy = "Decode it without running it, and find out what reads the text."
    scope = "text"
  strings:
    $elf64 = "f0VMRgIBAQ"
    $elf32 = "f0VMRgEBAQ"
    $elf64_swapped = "f0VMRgICAQ"
    $pe = "TVqQAAMAAAAEAAAA"
    $hex = /7f454c460[12]0[12]01(00|03)00000000/ nocase
    $escapes = /\\x7f(\\x45\\x4c\\x46|ELF)\\x0[12]\\x0[12]\\x01/ nocase
    $octal = /\\177ELF\\00?[12]\\00?[12]\\00?1/
    $bytes = /0x7f,[ \t]{0,4}0x45,[ \t]{0,4}0x4c,[ \t]{0,4}0x46,[ \t]{0,4}0x0[12],[ \t]{0,4}0x0[12],[ \t]{0,4}0x01/ nocase
  condition:
    any of them
}

rule encoded_archive_in_script
{
  meta:
    description = "A build script carries compressed data as base64 and a command that decodes it."
    title = "compressed data inside a build script"
    severity = "low"
    reference = "https://attack.mitre.org/techniques/T1027/"
    remedy = "Decode it without running it, and find out what the script does with it."
    scope = "text"
  strings:
    $gzip = /H4sI[A-Za-z0-9+\/]{60}/
    $xz = /\/Td6WFoA[A-Za-z0-9+\/]{60}/
    $bzip2 = /QlpoO[A-Za-z0-9+\/]{60}/
    $decoder = /\b(base64|openssl|b64decode|atob|decode_base64|uudecode)\b/
  condition:
    role == "build" and $decoder and any of ($gzip, $xz, $bzip2)
}
