#include "artifact/tokens.hpp"

#include "support/catch.hpp"

using namespace assay::artifact;

TEST_CASE("tokens: dates are read in every usual notation", "[artifact][tokens]") {
  const std::vector<std::pair<std::string, std::string>> cases{
      {"2022-03-04T05:06:07Z", "2022-03-04 05:06:07 UTC"},
      {"2022-03-04 05:06:07+02:00", "2022-03-04 03:06:07 UTC"},
      {"Fri, 04 Mar 2022 05:06:07 +0100", "2022-03-04 04:06:07 UTC"},
      {"Fri Mar  4 05:06:07 2022", "2022-03-04 05:06:07 UTC"},
      {"Mar  4 2022", "2022-03-04 00:00:00 UTC"},
      {"4 March 2022", "2022-03-04 00:00:00 UTC"},
      {"March 2022", "2022-03-01 00:00:00 UTC"},
      {"20220304", "2022-03-04 00:00:00 UTC"},
      {"20220304050607Z", "2022-03-04 05:06:07 UTC"},
      {"1646370367", "2022-03-04 05:06:07 UTC"},
      {"04/03/2022", "2022-03-04 00:00:00 UTC"},
      {"03/24/2022", "2022-03-24 00:00:00 UTC"}};
  for (const auto& [text, expected] : cases) {
    INFO(text);
    const auto date = parse_date(text);
    REQUIRE(date);
    CHECK(format_epoch(date->epoch) == expected);
    const auto tokens = scan_tokens(text);
    REQUIRE(tokens.size() == 1);
    CHECK(tokens[0].kind == TokenKind::date);
    CHECK(tokens[0].size == text.size());
  }
}

TEST_CASE("tokens: what is no date is none", "[artifact][tokens]") {
  for (const auto* text : {"2022-13-45", "hello", "", "99999999999999", "20229999"}) {
    INFO(text);
    CHECK_FALSE(parse_date(text));
  }
}

TEST_CASE("tokens: kinds are told apart and do not overlap", "[artifact][tokens]") {
  const std::string line =
      "cc GCC: (Debian 12.2.0-14) 12.2.0 at /build/x-1.2/src.c by joe@alpha7 id 4f2a7c1e-9b1d-4c57-8a30-5d2f8e6a1b90";
  std::vector<TokenKind> kinds;
  std::size_t end = 0;
  for (const auto& token : scan_tokens(line)) {
    CHECK(token.begin >= end);
    end = token.begin + token.size;
    kinds.push_back(token.kind);
  }
  CHECK(kinds == std::vector<TokenKind>{TokenKind::compiler, TokenKind::path, TokenKind::account, TokenKind::uuid});
}

TEST_CASE("tokens: below a temporary directory stand paths, and its own name is temporary", "[artifact][tokens]") {
  for (const std::string path : {"/tmp/tmpab12_cd9/build/one/leaky.c", "/var/tmp/tmp.Ab1Cd2Ef3G/x/a.c"}) {
    const auto tokens = scan_tokens("file " + path);
    REQUIRE(tokens.size() == 1);
    CHECK(tokens[0].kind == TokenKind::path);
    CHECK(tokens[0].size == path.size());
  }
  const auto own = scan_tokens("file /tmp/tmp.Ab1Cd2Ef3G");
  REQUIRE(own.size() == 1);
  CHECK(own[0].kind == TokenKind::temporary);
}
