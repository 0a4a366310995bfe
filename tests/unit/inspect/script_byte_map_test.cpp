#include "../archive/builders.hpp"
#include "inspect/script/byte_map.hpp"
#include "inspect/script/filters.hpp"
#include "inspect/script/harvest.hpp"
#include "inspect/script/program_text.hpp"
#include "support/catch.hpp"

using namespace assay;
using namespace assay::inspect;

namespace {

std::string mapped(const std::vector<std::string>& arguments, std::string_view input) {
  const auto map = parse_tr(arguments);
  REQUIRE(map);
  return std::string{as_text(map->apply(as_bytes(input)))};
}

std::string filtered(const std::vector<std::string>& command, std::string_view input) {
  const auto plan = plan_filter(command);
  REQUIRE(plan);
  REQUIRE(plan->run);
  const auto decompress = archive_decompress();
  const auto output = plan->run(input, {decompress, 1U << 20});
  REQUIRE(output);
  return output->bytes;
}

}  // namespace

TEST_CASE("script: tr maps sets with ranges, escapes, classes and repeats as GNU tr does", "[inspect][script]") {
  CHECK(mapped({"a-c", "x-z"}, "aabbccd") == "xxyyzzd");
  CHECK(mapped({"\\t \\-_", " \\t_\\-"}, "a\tb c-d_e") == "a b\tc_d-e");
  CHECK(mapped({"\\101-\\103", "\\060-\\062"}, "ABCD") == "012D");
  CHECK(mapped({"[:lower:]", "[:upper:]"}, "straße") == "STRAßE");
  CHECK(mapped({"a-e", "[x*3]yz"}, "abcde") == "xxxyz");
  CHECK(mapped({"a-e", "[x*]z"}, "abcde") == "xxxxz");
  CHECK(mapped({"abc", "x"}, "abcd") == "xxxd");
  CHECK(mapped({"-t", "abc", "x"}, "abcd") == "xbcd");
  CHECK(mapped({"-d", "\\r\\n"}, "a\r\nb") == "ab");
  CHECK(mapped({"-cd", "a-z"}, "Hello, World") == "elloorld");
  CHECK(mapped({"-s", " "}, "a   b") == "a b");
  CHECK(mapped({"-c", "a-z\\n", "_"}, "ab1\n") == "ab_\n");
  CHECK(mapped({"a\\-z", "123"}, "a-z") == "123");
  CHECK(mapped({"\\400", "xy"}, " 0") == "xy");
}

TEST_CASE("script: tr refuses what tr refuses", "[inspect][script][hostile]") {
  CHECK_FALSE(parse_tr({"z-a", "a-z"}));
  CHECK_FALSE(parse_tr({"a"}));
  CHECK_FALSE(parse_tr({"-x", "a", "b"}));
  CHECK_FALSE(parse_tr({}));
  CHECK_FALSE(parse_tr({"a", ""}));
}

TEST_CASE("script: the octal map of all byte values is a permutation and undoes itself with its reverse",
          "[inspect][script]") {
  const auto there = parse_tr({"\\5-\\51\\204-\\377\\52-\\115\\132-\\203\\0-\\4\\116-\\131", "\\0-\\377"});
  const auto back = parse_tr({"\\0-\\377", "\\5-\\51\\204-\\377\\52-\\115\\132-\\203\\0-\\4\\116-\\131"});
  REQUIRE(there);
  REQUIRE(back);
  Bytes all(256);
  for (unsigned i = 0; i < 256; ++i) all[i] = static_cast<std::uint8_t>(i);
  CHECK(there->apply(all) != all);
  CHECK(back->apply(there->apply(all)) == all);
  CHECK(there->changed() > 200);
  CHECK_FALSE(there->is_textual());
}

TEST_CASE("script: maps that only tidy text are told from those that restore bytes", "[inspect][script]") {
  for (const auto& honest : std::vector<std::vector<std::string>>{
           {"a-z", "A-Z"}, {"-d", "\\r"}, {"\\n", " "}, {"[:upper:]", "[:lower:]"}, {"a-z./-", "A-Z___"}, {"/-", "__"}})
    CHECK(parse_tr(honest)->is_textual());
  CHECK_FALSE(parse_tr({"\\t \\-_", " \\t_\\-"})->is_textual());
  CHECK_FALSE(parse_tr({"A-Za-z", "N-ZA-Mn-za-m"})->is_textual());
}

TEST_CASE("script: the filters print what the programs print", "[inspect][script]") {
  CHECK(filtered({"head", "-c", "3"}, "abcdef") == "abc");
  CHECK(filtered({"head", "-c", "+3"}, "abcdef") == "abc");
  CHECK(filtered({"head", "-c", "-2"}, "abcdef") == "abcd");
  CHECK(filtered({"head", "-2"}, "a\nb\nc\n") == "a\nb\n");
  CHECK(filtered({"tail", "-c", "+3"}, "abcdef") == "cdef");
  CHECK(filtered({"tail", "-c", "2"}, "abcdef") == "ef");
  CHECK(filtered({"tail", "-n", "+2"}, "a\nb\nc\n") == "b\nc\n");
  CHECK(filtered({"tail", "-n", "2"}, "a\nb\nc\n") == "b\nc\n");
  CHECK(filtered({"dd", "bs=2", "skip=1", "count=2"}, "abcdefgh") == "cdef");
  CHECK(filtered({"cut", "-c", "2-3"}, "abcd\nefgh\n") == "bc\nfg\n");
  CHECK(filtered({"cut", "-d:", "-f2"}, "a:b:c\nx\n") == "b\nx\n");
  CHECK(filtered({"rev"}, "abc\nde\n") == "cba\ned\n");
  CHECK(filtered({"base64", "-d"}, "aGVs\nbG8=\n") == "hello");
  CHECK(filtered({"base32", "-d"}, "NBSWY3DP") == "hello");
  CHECK(filtered({"xxd", "-r", "-p"}, "68656c6C 6f\n") == "hello");
  CHECK(filtered({"xxd", "-r"}, "00000000: 6865 6c6c 6f  hello\n") == "hello");
  CHECK(filtered({"uudecode", "-o", "-"}, "begin 644 x\n%:&5L;&\\\n`\nend\n") == "hello");
  CHECK(filtered({"sed", "s/.*\\.//g"}, "tests/files/good.xz\n") == "xz\n");
  CHECK(filtered({"sed", "-n", "/^b/p"}, "a\nb\n") == "b\n");
  CHECK(filtered({"sed", "-e", "1d", "-e", "s/\\(.\\)c/<\\1>/"}, "a\nbc\n") == "<b>\n");
  CHECK(filtered({"sed", "y/abc/xyz/"}, "cab") == "zxy");
  CHECK(filtered({"grep", "-v", "^#"}, "#a\nb\n") == "b\n");
  CHECK(filtered({"grep", "-oE", "[0-9]{2}"}, "a12b\n") == "12\n");
  CHECK(filtered({"awk", "{print $2}"}, "a b c\n") == "b\n");
}

TEST_CASE("script: a sed that only reads is a cat in disguise, an honest one is not", "[inspect][script]") {
  CHECK(plan_filter({"sed", "r\\n", "file"})->disguised);
  CHECK_FALSE(plan_filter({"sed", "s/a/b/", "file"})->disguised);
  CHECK_FALSE(plan_filter({"sed", "-n", "/a/p", "file"})->disguised);
}

TEST_CASE("script: exclusive-or keys are read from perl, python and awk, powers and anchors are not",
          "[inspect][script]") {
  CHECK(xor_keys_of("print chr(ord($_) ^ 0x5a) for split //") == std::vector<Bytes>{{0x5a}});
  CHECK(xor_keys_of("sys.stdout.buffer.write(bytes(b ^ 42 for b in data))") == std::vector<Bytes>{{42}});
  CHECK(xor_keys_of("$_ ^= \"\\x11\\x22\" x length") == std::vector<Bytes>{{0x11, 0x22}});
  CHECK(xor_keys_of("printf \"%c\", xor(ord[$1], 7)") == std::vector<Bytes>{{7}});
  CHECK(xor_keys_of("k=b'k3y!';print(bytes(b^k[i%4] for i,b in enumerate(d)))") ==
        std::vector<Bytes>{{0x6b, 0x33, 0x79, 0x21}});
  CHECK(xor_keys_of("$o .= chr(ord($c) ^ $key)", keys_named_in("my $key = 0x2b;\n$o .= chr(ord($c) ^ $key)")) ==
        std::vector<Bytes>{{0x2b}});
  CHECK(xor_keys_of("chr(ord(c) ^ key)", keys_named_in("if key == 7:\n monkey = 5")).empty());
  CHECK(xor_keys_of("x = y ^ 2").empty());
  CHECK(xor_keys_of("if (/^0/) { print length }").empty());
}

TEST_CASE("script: a program of a hundred thousand powers of names is read in one go", "[inspect][script][hostile]") {
  std::string line = "{ length; y = a";
  while (line.size() < 4000) line += " ^ x";
  std::string program;
  while (program.size() < (1U << 20)) program += line + " }\n";
  const auto began = std::clock();
  CHECK(harvest_script("t.awk", program + "k = 3 }\n").xor_keys.empty());
  CHECK(std::clock() - began < 20 * CLOCKS_PER_SEC);
}

TEST_CASE("script: RC4 in awk is recognised by its shape", "[inspect][script]") {
  CHECK(
      looks_like_rc4("BEGIN{for(i=0;i<256;i++)s[i]=i;for(i=0;i<256;i++){j=(j+s[i]+k[i%n])%256;t=s[i];s[i]=s[j];s[j]=t}}"
                     "{printf \"%c\",x}"));
  CHECK_FALSE(looks_like_rc4("{ count[$1] = count[$1] + 1 } END { print 256 }"));
}

TEST_CASE("script: the harvest finds maps, cuts, keys and decoders, in quoted strings too", "[inspect][script]") {
  const auto harvest = harvest_script("configure", R"(#! /bin/sh
map='tr "\t \-_" " \t_\-"'
x=`head -c 1024 f | tail -c +31265 | xz -F raw --lzma1 -dc`
sh -c "dd bs=16 skip=4 count=2 | base64 -d"
echo Hello | tr a-z A-Z
perl -e 'print chr(ord($_) ^ 0x21)'
grep -aErls "#{4}x{3}" $srcdir/
)");
  REQUIRE(harvest.byte_maps.size() == 1);
  CHECK(harvest.byte_maps[0].place.line == 2);
  REQUIRE(harvest.slices.size() == 3);
  CHECK(harvest.slices[0].length == 1024);
  CHECK(harvest.slices[1].offset == 31264);
  CHECK(harvest.slices[2].offset == 64);
  CHECK(harvest.slices[2].length == 32);
  REQUIRE(harvest.decoders.size() == 2);
  CHECK(harvest.decoders[0].decoder == Decoder::lzma_raw);
  CHECK(harvest.decoders[1].decoder == Decoder::base64);
  REQUIRE(harvest.xor_keys.size() == 1);
  CHECK(harvest.xor_keys[0].key == Bytes{0x21});
  REQUIRE(harvest.patterns.size() == 1);
}

TEST_CASE("script: lines are put into another order as sort, tac, uniq and paste do", "[inspect][script]") {
  CHECK(filtered({"sort"}, "b\nB\na\n") == "B\na\nb\n");
  CHECK(filtered({"sort", "-n"}, "10 x\n9 y\n-1 z\n") == "-1 z\n9 y\n10 x\n");
  CHECK(filtered({"sort", "-t:", "-k2,2n", "-r"}, "a:1\nb:3\nc:2\n") == "b:3\nc:2\na:1\n");
  CHECK(filtered({"sort", "-u"}, "b\na\nb\n") == "a\nb\n");
  CHECK(filtered({"tac"}, "1\n2\n3\n") == "3\n2\n1\n");
  CHECK(filtered({"uniq"}, "a\na\nb\na\n") == "a\nb\na\n");
  CHECK(filtered({"paste", "-s", "-d", ""}, "a\nb\n") == "ab\n");
  CHECK_FALSE(plan_filter({"sort", "-R"})->run);  // nobody can say
  CHECK_FALSE(plan_filter({"paste", "a", "b"})->run);
}

TEST_CASE("script: bytes are swapped in pairs, uuencoded text is found behind prose, bits become bytes",
          "[inspect][script]") {
  CHECK(filtered({"dd", "conv=swab"}, "abcde") == "badce");
  CHECK(filtered({"dd", "bs=1", "skip=1", "conv=swab"}, "xabcd") == "badc");
  CHECK(filtered({"uudecode", "-o", "/dev/stdout"},
                 "Dear reader,\n#not data\nbegin 644 x\n#8V%T\n`\nend\nand so on\n") == "cat");
  CHECK(filtered({"perl", "-e", "print pack(\"B*\", <STDIN>)"}, "0110000101100010") == "ab");
  CHECK(filtered({"basenc", "--base64url", "-d"}, "_-8=") == "\xff\xef");
}

TEST_CASE("script: members of archives are printed as tar and unzip print them", "[inspect][script]") {
  const auto tar = archive::test::TarBuilder{}.file("a/one", "1").file("a/two", "2").finish();
  const auto packed = archive::test::compress(archive::Filter::gzip, tar);
  CHECK(filtered({"tar", "-xO", "a/two"}, tar) == "2");
  CHECK(filtered({"tar", "xzO", "./a/one"}, packed) == "1");
  CHECK(filtered({"tar", "--extract", "--to-stdout"}, packed) == "12");
  CHECK(plan_filter({"tar", "xzOf", "x.tgz", "a/one"})->files == std::vector<std::size_t>{2});
  CHECK_FALSE(plan_filter({"tar", "-tzf", "x.tgz"}));
  CHECK_FALSE(plan_filter({"tar", "-xzf", "x.tgz"}));
  CHECK(plan_filter({"unzip", "-p", "x.zip", "a"})->files == std::vector<std::size_t>{2});
  const auto decompress = archive_decompress();
  CHECK_FALSE(plan_filter({"tar", "-xO", "b"})->run(tar, {decompress, 1U << 20}));
  CHECK_FALSE(plan_filter({"tar", "-xO"})->run("no archive", {decompress, 1U << 20}));
}

TEST_CASE("script: literals that a program puts together to a path are one name", "[inspect][script]") {
  const auto names = [](std::string_view program) { return read_program(program, ScriptKind::python).files; };
  const auto holds = [](const std::vector<std::string>& found, std::string_view name) {
    return std::find(found.begin(), found.end(), name) != found.end();
  };
  CHECK(holds(names("(here / \"tests\" / 'data' / \"x.xz\").read_bytes()"), "tests/data/x.xz"));
  CHECK(holds(names("open(os.path.join('tests', 'x.bin'))"), "tests/x.bin"));
  CHECK_FALSE(holds(names("a = 'tests' + 'x.bin'; b = 'tests' or 'x.bin'"), "tests/x.bin"));
}
