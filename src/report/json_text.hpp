// JSON written as it goes, without a document tree: of the thousands of entries of a report, making and freeing the trees
// took ten times as long as writing them.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace assay::report {

/// Appends one value to a text as nlohmann's dump(2) writes it: two blanks a level, members in the order they are given in.
/// Texts have to be UTF-8. The caller sees to it that members stand in objects and keys differ.
class JsonText {
 public:
  /// The value begins where `out` ends; what is in it is indented by one level more than `depth`.
  JsonText(std::string& out, std::size_t depth) : m_out(out), m_depth(depth) {}

  void begin_object() { begin('{'); }
  void end_object() { end('}'); }
  void begin_array() { begin('['); }
  void end_array() { end(']'); }

  /// The next value is this member of the object.
  void key(std::string_view name);
  /// The next value is an item of the array.
  void item() { separate(); }

  void text(std::string_view utf8);
  void number(std::uint64_t value);
  void null() { m_out += "null"; }

  void member(std::string_view name, std::string_view utf8);
  void member(std::string_view name, std::uint64_t value);
  /// As text_or_null(): null if empty, made safe otherwise.
  void member_or_null(std::string_view name, std::string_view from_inside);
  /// As put_outside(): what is shown, and the exact bytes where they differ from that.
  void member_from_outside(std::string_view name, std::string_view bytes);

 private:
  void begin(char bracket);
  void end(char bracket);
  void separate();
  void new_line() { m_out.append(1, '\n').append(2 * m_depth, ' '); }

  std::string& m_out;
  std::size_t m_depth;
  bool m_empty = true;  ///< of the innermost object or array: has it no member yet?
};

}  // namespace assay::report
