// Code that runs in every program that loads a library, before any of the program's own.

rule preload_every_program
{
  meta:
    description = "A file that a build runs writes the loader's list of libraries that every program has to load."
    title = "library preloaded into every program"
    severity = "medium"
    reference = "https://attack.mitre.org/techniques/T1574/006/"
    remedy = "Find out why a build or an installation touches it."
    scope = "text"
  strings:
    $written = />>?[ \t]*["']?(\$\{?DESTDIR\}?)?\/etc\/ld\.so\.preload\b/
    $copied = /\b(cp|mv|ln|tee|install)[ \t][^\n]{0,200}\/etc\/ld\.so\.preload\b/
    $opened = /\b(open|fopen|write_text)[ \t]*\([ \t]*["']\/etc\/ld\.so\.preload["'][ \t]*,[ \t]*["'][wa]/
  condition:
    any of them
}

rule preload_during_build
{
  meta:
    description = "A build file exports LD_PRELOAD or LD_AUDIT: the programs of the build itself run with somebody's library in them."
    title = "library preloaded into the build"
    severity = "low"
    reference = "https://man7.org/linux/man-pages/man8/ld.so.8.html"
    remedy = "See which library it is, and where it comes from."
    scope = "text"
  strings:
    $shell = /(^|[\n;&])[ \t]*export[ \t]+LD_(PRELOAD|AUDIT)=/
    $make = /(^|\n)[ \t]*export[ \t]+LD_(PRELOAD|AUDIT)[ \t]*[:+]?=/
  condition:
    role == "build" and any of them
}

rule resolver_that_leaves_the_library
{
  meta:
    description = "The source has an IFUNC resolver and code that rewrites the loader's tables (the GOT, r_debug, the link map): the tools to take over functions of other libraries while a program starts."
    title = "IFUNC resolver beside code that rewrites the loader's tables"
    severity = "medium"
    reference = "https://www.openwall.com/lists/oss-security/2024/03/29/4"
    remedy = "Read the resolver; compare with version control."
    scope = "text"
  strings:
    $resolver = /__attribute__[ \t]*\(\([^\n)]{0,60}\b(__)?ifunc(__)?[ \t]*\(/
    $table = /\b(_r_debug|_GLOBAL_OFFSET_TABLE_|DT_JMPREL|DT_PLTGOT|la_symbind(32|64))\b/
    $write = /\b(mprotect|memcpy|l_audit_any_plt|l_name|la_preinit)\b/
  condition:
    role == "source" and all of them
}
