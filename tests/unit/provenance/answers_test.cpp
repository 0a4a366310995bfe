#include "provenance/answers.hpp"

#include "support/catch.hpp"

using assay::provenance::Answers;

TEST_CASE("a question is answered once, whatever the answer, and for each type of it") {
  Answers answers;
  int asked = 0;
  const auto find = [&] { return ++asked == 1; };
  CHECK(*answers.ask<bool>("a", find));
  CHECK(*answers.ask<bool>("a", find));
  CHECK_FALSE(*answers.ask<bool>("b", find));
  CHECK_FALSE(*answers.ask<bool>("b", find));
  CHECK(*answers.ask<int>("b", find) == 0);
  CHECK(asked == 3);
}

TEST_CASE("of more questions than an honest release has none is answered, and the old answers stay") {
  Answers answers;
  int asked = 0;
  const auto find = [&] { return ++asked; };
  for (int i = 0; i < 10'000; ++i) answers.ask<int>(std::to_string(i), find);
  CHECK(asked < 5000);
  CHECK(answers.exhausted());
  CHECK(*answers.ask<int>("0", find) == 1);
  CHECK(answers.ask<int>("another", find) == nullptr);
}
