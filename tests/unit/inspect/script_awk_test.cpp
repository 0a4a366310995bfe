#include "inspect/script/awk.hpp"

#include "support/catch.hpp"

using namespace assay;
using namespace assay::inspect;

namespace {

std::optional<AwkResult> run(std::string_view program, std::string_view input = {}, std::string separator = " ") {
  const auto parsed = AwkProgram::parse(program);
  if (!parsed) return std::nullopt;
  std::uint64_t steps = 5'000'000;
  return parsed->run({input, std::move(separator), {}}, 1U << 20, steps);
}

std::string printed(std::string_view program, std::string_view input = {}, std::string separator = " ") {
  INFO(program);
  const auto result = run(program, input, std::move(separator));
  REQUIRE(result);
  return result->output;
}

}  // namespace

TEST_CASE("awk: prints what awk prints", "[inspect][script]") {
  CHECK(printed("{ print $2 }", "a b c\nd e\n") == "b\ne\n");
  CHECK(printed("{ print $1, NF; next } { print }", "a b c\n") == "a 3\n");
  CHECK(printed("/b/", "abc\nxyz\n") == "abc\n");
  CHECK(printed("NR > 1 && $1 != \"x\"", "a\nx\nb\n") == "b\n");
  CHECK(printed("BEGIN { FS = \":\" } { s = s $2 } END { print s }", "1:a\n2:b\n") == "ab\n");
  CHECK(printed("BEGIN { for (i = 0; i < 3; i++) printf \"%d,\", i * 2 ^ 2; print \"\" }") == "0,4,8,\n");
  CHECK(printed("BEGIN { while (n < 3) { if (n == 1) { n++; continue } else n++; print n } }") == "1\n3\n");
  CHECK(printed("BEGIN { do { print ++k } while (k < 2); exit; print \"never\" }") == "1\n2\n");
  CHECK(printed("{ n = split($0, a, /,/); for (i = n; i > 0; i--) printf \"%s \", a[i]; delete a[1]; print (1 in a) }",
                "x,y,z\n") == "z y x 0\n");
  CHECK(printed("BEGIN { print substr(\"hello\", 2, 3), index(\"hello\", \"l\"), length(\"abc\"), toupper(\"x\"), "
                "int(-3.7) }") == "ell 3 3 X -3\n");
  CHECK(printed("BEGIN { x = \"aXbX\"; gsub(/X/, \"[&]\", x); sub(/a/, \"\", x); print x }") == "[X]b[X]\n");
  CHECK(printed("function f(a, b) { return a \"-\" b } BEGIN { print f(1, f(2, 3)) }") == "1-2-3\n");
  CHECK(printed("function fill(t) { t[1] = 7 } BEGIN { fill(u); print u[1] }") == "7\n");
  CHECK(printed("BEGIN { printf \"%5.1f|%-4s|%04x|%c%c|%%\", 3.14159, \"ab\", 255, 65, \"xyz\" }") ==
        "  3.1|ab  |00ff|Ax|%");
  CHECK(printed("BEGIN { print 1e3, 0.1 + 0.2, 10 / 4, 7 % 3, -2 ^ 2, 1 - 1 \" \" 2 }") == "1000 0.3 2.5 1 -4 0 2\n");
  CHECK(printed("{ print $1 < 10 ? \"less\" : \"more\" }", "9\n10\n") == "less\nmore\n");
  CHECK(printed("{ $2 = \"X\"; print; print NF }", "a b c\n") == "a X c\n3\n");
  CHECK(printed("BEGIN { RS = \";\" } { print NR \":\" $0 }", "a;b") == "1:a\n2:b\n");
  CHECK(printed("BEGIN { print (\"a\" > 1) ? 2 : 3 }") == "2\n");
  CHECK(printed("# a comment\nBEGIN {\n  print \"x\" ; # more\n}\n\n/y/ { print }\n", "y\n") == "x\ny\n");
}

TEST_CASE("awk: bytes come out of numbers, and a cipher undoes itself", "[inspect][script]") {
  CHECK(printed("{ for (i = 1; i <= NF; i++) printf \"%c\", $i }", "104 105\n10\n") == "hi\n");
  CHECK(printed("BEGIN { for (i = 0; i < 256; i++) o[sprintf(\"%c\", i)] = i } { for (i = 1; i <= length($0); i++) "
                "printf \"%c\", xor(o[substr($0, i, 1)], 1) }",
                "ih`") == "hia");
  const std::string cipher =
      "BEGIN{FS=\"\\n\";RS=\"\\n\";ORS=\"\";m=256;for(i=0;i<m;i++){t[sprintf(\"x%c\",i)]=i;c[i]=((i*7)+5)%m;}i=0;j=0;"
      "for(l=0;l<64;l++){i=(i+1)%m;a=c[i];j=(j+a)%m;c[i]=c[j];c[j]=a;}}"
      "{v=t[\"x\" (NF<1?RS:$1)];i=(i+1)%m;a=c[i];j=(j+a)%m;b=c[j];c[i]=b;c[j]=a;k=c[(a+b)%m];printf \"%c\",(v+";
  // Adding the key stream of nought's cipher gives that stream; taking it away again gives the noughts.
  const auto stream = printed(cipher + "k)%m}", "a\nb\nc\nd\n");
  REQUIRE(stream.size() == 4);
  std::string lines;
  for (const char c : stream) lines += std::string(1, c) + "\n";
  CHECK(printed(cipher + "m-k)%m}", lines) == "abcd");
}

TEST_CASE("awk: what it would hand to a shell is noted, not run", "[inspect][script]") {
  const auto piped = run("{ print $2 | \"sh\" } END { system(\"echo \" NR) }", "x one\ny two\n");
  REQUIRE(piped);
  CHECK(piped->output.empty());
  CHECK(piped->executed == "one\ntwo\necho 2\n");
}

TEST_CASE("awk: what is not followed is refused, not guessed", "[inspect][script]") {
  for (const std::string_view program :
       {"BEGIN { while ((getline line < \"f\") > 0) print line }", "{ print > \"file\" }", "/a/, /b/",
        "BEGIN { print 1 / 0 }", "BEGIN { print unknown(1) }", "{ print", "BEGIN { x = \"", "}",
        "BEGIN { RS = \"\" } { print }", "BEGIN { printf \"%z\" }"}) {
    INFO(program);
    CHECK_FALSE(run(program, "a\n"));
  }
}

TEST_CASE("awk: programs made to be expensive end within their bounds", "[inspect][script][hostile]") {
  for (const std::string_view program :
       {"BEGIN { while (1) x++ }", "BEGIN { for (;;) ; }", "BEGIN { x = \"ab\"; while (1) x = x x }",
        "function f(n) { return f(n + 1) } BEGIN { f(0) }", "BEGIN { while (1) a[i++] = i }",
        "BEGIN { while (1) print \"x\" }", "BEGIN { $100000000 = 1 }",
        "BEGIN { x[1]; for (k in x) x[k + 1] = 1; while (1) y = y \"aaaaaaaaaaaaaaaa\" }"}) {
    INFO(program);
    CHECK_FALSE(run(program, "a\n"));
  }
  CHECK_FALSE(run("BEGIN { print " + std::string(5000, '(') + "1" + std::string(5000, ')') + " }"));
  std::string sum = "BEGIN { x = 1";
  for (int i = 0; i < 5000; ++i) sum += " + 1";
  CHECK_FALSE(run(sum + " }"));
  CHECK_FALSE(run("{ gsub(/(a*)*b/, \"x\"); print; while (1) ; }", std::string(100'000, 'a')));
}
