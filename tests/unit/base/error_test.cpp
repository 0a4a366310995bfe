#include "base/error.hpp"

#include <cerrno>
#include <memory>

#include "support/catch.hpp"

using namespace assay;

namespace {

Result<int> half(int value) {
  if (value % 2 != 0) return Error{ErrorCode::format, "is odd", "number", "give an even one"};
  return value / 2;
}

Result<int> quarter(int value) {
  ASSAY_TRY(const auto once, half(value));
  ASSAY_TRY(const auto twice, half(once));
  return twice;
}

Result<void> must_halve(int value) {
  if (auto result = half(value); !result) return result.error();
  return {};
}

Result<std::string> word_for(int value) {
  ASSAY_TRY_VOID(must_halve(value));
  return std::string{"even"};
}

}  // namespace

TEST_CASE("error: the parts that are there are put together", "[base][error]") {
  CHECK(Error{ErrorCode::io, "cannot open", "a.tar", "look again"}.to_string() == "a.tar: cannot open\n  look again");
  CHECK(Error{ErrorCode::io, "cannot open", {}, {}}.to_string() == "cannot open");
  CHECK(Error{ErrorCode::io, "cannot open", "a.tar", {}}.to_string() == "a.tar: cannot open");
  CHECK(Error{ErrorCode::io, "cannot open", {}, "look again"}.to_string() == "cannot open\n  look again");
}

TEST_CASE("error: errno becomes a reason, and an absent file is 'not found'", "[base][error]") {
  errno = ENOENT;
  const auto absent = errno_error("open", "x");
  CHECK(absent.code == ErrorCode::not_found);
  CHECK(absent.to_string() == "x: cannot open: No such file or directory");
  errno = EACCES;
  CHECK(errno_error("open", "x").code == ErrorCode::io);
}

TEST_CASE("error: ASSAY_TRY passes values on and returns the first failure", "[base][error]") {
  CHECK(*quarter(12) == 3);
  CHECK(quarter(3).error().message == "is odd");
  CHECK_FALSE(quarter(6).has_value());
  CHECK(*word_for(2) == "even");
  CHECK(word_for(1).error().remedy == "give an even one");
}

TEST_CASE("error: a Result moves what cannot be copied", "[base][error]") {
  Result<std::unique_ptr<int>> result{std::make_unique<int>(7)};
  REQUIRE(result);
  const auto owned = *std::move(result);
  CHECK(*owned == 7);
}
