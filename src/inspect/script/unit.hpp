// One script, parsed: its commands, where its variables get their values, its functions, and what it writes to files.
#pragma once
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "inspect/script/shell.hpp"
#include "inspect/script/values.hpp"

namespace assay::inspect {

/// One place where a variable gets a value.
struct Definition {
  enum class Kind : std::uint8_t { value, append, items, unknown } kind = Kind::value;
  ShellWord word;  ///< the value as written (value, append)
  const Command* loop =
      nullptr;  ///< whose words are the values (items); the `read` that gives it, or the group that it reads the
                ///< input of (unknown)
};

/// A command whose output goes to a file.
struct WrittenFile {
  const Pipeline* pipeline = nullptr;  ///< null: `source` is copied
  ShellWord source;
};

class ScriptUnit {
 public:
  ScriptUnit(std::string path, ScriptKind kind, ShellText text, FileFacts facts);
  ScriptUnit(const ScriptUnit&) = delete;
  ScriptUnit& operator=(const ScriptUnit&) = delete;

  const std::string& path() const noexcept { return m_path; }
  std::string_view directory() const noexcept;
  ScriptKind kind() const noexcept { return m_kind; }
  const ShellScript& script() const noexcept { return m_script; }
  /// The bodies of here-documents that are scripts of their own (what configure writes into config.status).
  const std::deque<ShellScript>& documents() const noexcept { return m_documents; }
  const FileFacts& facts() const noexcept { return m_facts; }
  bool is_novel(std::uint32_t line) const { return m_parent != nullptr ? m_novel_stage : m_facts.is_novel(line); }
  const std::vector<Definition>* definitions(std::string_view name) const;
  const std::vector<std::pair<std::string_view, Definition>>& all_definitions() const noexcept { return m_order; }
  const Command* function(std::string_view name) const;
  const std::vector<WrittenFile>* written(std::string_view target) const;
  const std::unordered_map<std::string_view, std::vector<WrittenFile>>& all_written() const noexcept {
    return m_written;
  }
  /// What `exec N<FILE` opens as descriptor N, or `exec N>FILE` as N + k_for_writing; null if nothing is known to.
  const ShellWord* descriptor(int number) const;
  static constexpr int k_for_writing = 10;
  /// Pipelines of which a word names that file, as far as its raw words tell.
  const std::vector<const Pipeline*>& mentions(std::string_view name) const;
  /// Commands that unpack an archive to disk.
  const std::vector<const Command*>& unpackings() const noexcept { return m_unpackings; }
  bool truncated() const noexcept { return m_text.truncated || m_script.truncated; }

  /// The directory of the build that the script belongs to: where the nearest configure stands. Empty: the tree's root.
  std::string_view build() const noexcept { return m_parent != nullptr ? m_parent->build() : m_build; }
  void set_build(std::string_view directory) { m_build = directory; }

  /// For a decoded stage: the script that executes it, how its bytes came to be, and whether that line was novel.
  void set_parent(const ScriptUnit* parent, Trace trace, bool novel) {
    m_parent = parent;
    m_trace = std::move(trace);
    m_novel_stage = novel;
  }
  const ScriptUnit* parent() const noexcept { return m_parent; }
  /// The script of the tree that it is, or that the stage it is comes from.
  const ScriptUnit& root() const noexcept;
  const Trace& trace() const noexcept { return m_trace; }

 private:
  void collect(const std::vector<Pipeline>& pipelines, unsigned depth);
  void collect_command(const Pipeline& pipeline, const Command& command, unsigned depth);
  void define(std::string_view name, Definition definition);
  void collect_declared(const Command& command);
  void collect_written(const Pipeline& pipeline, const Command& command);
  void collect_written(std::string_view target, WrittenFile place);
  void collect_descriptors(const Command& command);
  void collect_arguments(const Command& command);
  void collect_documents(const Command& command, unsigned depth);
  void collect_mentions(const std::vector<Pipeline>& pipelines, unsigned depth) const;

  std::string m_path;
  ScriptKind m_kind;
  ShellText m_text;
  ShellScript m_script;
  FileFacts m_facts;
  std::deque<ShellText> m_document_texts;
  std::deque<ShellScript> m_documents;
  std::size_t m_document_size = 0;
  std::unordered_map<std::string_view, std::vector<Definition>> m_definitions;
  std::vector<std::pair<std::string_view, Definition>> m_order;
  std::unordered_map<std::string_view, const Command*> m_functions;
  std::unordered_map<std::string_view, std::vector<WrittenFile>> m_written;
  std::unordered_map<int, ShellWord> m_descriptors;
  const Command* m_group = nullptr;  ///< while collecting: whose input the commands of its body share
  /// By base name, made when first asked for.
  mutable std::unordered_map<std::string_view, std::vector<const Pipeline*>> m_mentions;
  mutable bool m_mentions_known = false;
  std::vector<const Command*> m_unpackings;
  std::string_view m_build;  ///< of a path that outlives the unit
  const ScriptUnit* m_parent = nullptr;
  Trace m_trace;
  bool m_novel_stage = false;
};

/// The body of a here-document as the script that is written: what the writing shell expands stays a reference, what it
/// leaves alone (`\$x`) becomes one.
std::string document_text(const Redirect& document);

/// What the raw text of a word names as a file: quotes off, the part behind the last slash.
std::string_view written_name(std::string_view raw) noexcept;

}  // namespace assay::inspect
