// Expected failures as values. Three channels (see ARCHITECTURE.md): odd or hostile input becomes a Finding and, if
// something was left unread, a Coverage gap; an expected failure is a Result<T>; an exception is a bug or memory
// exhaustion, caught once in main or at the boundary of a third-party parser.
#pragma once
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace assay {

enum class ErrorCode {
  usage,        ///< the caller's words are off
  not_found,    ///< a named thing does not exist
  io,           ///< the operating system refused
  format,       ///< outside data is not what it claims to be
  limit,        ///< a limit was hit before an answer was possible
  unsupported,  ///< valid, but not something this build can read
};

/// What went wrong, where, and what the user can do about it.
struct Error {
  ErrorCode code = ErrorCode::io;
  std::string message;  ///< one sentence, lower case, no full stop: "cannot open: permission denied"
  std::string where;    ///< the file or place it happened at; may be empty
  std::string remedy;   ///< what to do next; may be empty

  /// "where: message\n  remedy", with the parts that are there. Names from outside are expected to be escaped already.
  std::string to_string() const;
};

/// Make an Error that names the last `errno` as its reason: "cannot <verb>: <strerror>".
Error errno_error(std::string_view verb, std::string where);

/// A value or an Error; the subset of C++23 std::expected that the project uses.
template <typename T>
class [[nodiscard]] Result {
 public:
  using value_type = T;
  Result(T value) : m_state(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : m_state(std::in_place_index<1>, std::move(error)) {}

  explicit operator bool() const noexcept { return m_state.index() == 0; }
  bool has_value() const noexcept { return m_state.index() == 0; }
  T& operator*() & { return std::get<0>(m_state); }
  const T& operator*() const& { return std::get<0>(m_state); }
  T&& operator*() && { return std::get<0>(std::move(m_state)); }
  T* operator->() { return &std::get<0>(m_state); }
  const T* operator->() const { return &std::get<0>(m_state); }
  const Error& error() const { return std::get<1>(m_state); }
  Error& error() { return std::get<1>(m_state); }

 private:
  std::variant<T, Error> m_state;
};

/// Success without a value, or an Error.
template <>
class [[nodiscard]] Result<void> {
 public:
  using value_type = void;
  Result() = default;
  Result(Error error) : m_error(std::move(error)), m_failed(true) {}
  explicit operator bool() const noexcept { return !m_failed; }
  bool has_value() const noexcept { return !m_failed; }
  const Error& error() const { return m_error; }
  Error& error() { return m_error; }

 private:
  Error m_error;
  bool m_failed = false;
};

}  // namespace assay

#define ASSAY_CONCAT_INNER(a, b) a##b
#define ASSAY_CONCAT(a, b) ASSAY_CONCAT_INNER(a, b)

/// Evaluate a Result expression; return its Error from the enclosing function, or declare `var` with its value.
#define ASSAY_TRY(var, expr)                                                                        \
  auto ASSAY_CONCAT(assay_result_, __LINE__) = (expr);                                              \
  if (!ASSAY_CONCAT(assay_result_, __LINE__)) return ASSAY_CONCAT(assay_result_, __LINE__).error(); \
  var = *std::move(ASSAY_CONCAT(assay_result_, __LINE__))  // NOLINT(bugprone-macro-parentheses): `var` may declare

/// The same for a Result<void>.
#define ASSAY_TRY_VOID(expr) \
  if (auto assay_result = (expr); !assay_result) return assay_result.error()
