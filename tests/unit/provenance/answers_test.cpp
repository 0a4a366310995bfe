#include "provenance/answers.hpp"

#include "support/catch.hpp"

using assay::provenance::Answers;

TEST_CASE("a question is answered once, whatever the answer") {
  Answers answers;
  int asked = 0;
  const auto find = [&] { return ++asked == 1; };
  CHECK(answers.ask("a", false, find));
  CHECK(answers.ask("a", false, find));
  CHECK_FALSE(answers.ask("b", true, find));
  CHECK_FALSE(answers.ask("b", true, find));
  CHECK(asked == 2);
}

TEST_CASE("of more questions than an honest release has none is looked into, and the old answers stay") {
  Answers answers;
  int asked = 0;
  const auto find = [&] { return ++asked > 0; };
  for (int i = 0; i < 10'000; ++i) answers.ask(std::to_string(i), false, find);
  CHECK(asked < 1000);
  CHECK(answers.ask("0", false, find));
  CHECK_FALSE(answers.ask("another", false, find));
  CHECK(answers.ask("another", true, find));
}
