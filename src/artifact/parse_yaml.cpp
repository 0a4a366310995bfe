// YAML 1.1, through libyaml's events. Aliases are not followed: a document that has them is compared as text.
#include <fmt/format.h>
#include <yaml.h>

#include "artifact/structure.hpp"

namespace assay::artifact {

namespace {

class YamlReader {
 public:
  explicit YamlReader(std::string_view text) {
    m_ready = yaml_parser_initialize(&m_parser) != 0;
    if (m_ready)
      yaml_parser_set_input_string(&m_parser, reinterpret_cast<const unsigned char*>(text.data()), text.size());
  }
  ~YamlReader() {
    if (m_ready) yaml_parser_delete(&m_parser);
  }
  YamlReader(const YamlReader&) = delete;
  YamlReader& operator=(const YamlReader&) = delete;

  std::optional<Structure> run() {
    while (m_ready) {
      yaml_event_t event;
      if (yaml_parser_parse(&m_parser, &event) == 0) return std::nullopt;
      const auto type = event.type;
      const bool good = take(event);
      yaml_event_delete(&event);
      if (!good) return std::nullopt;
      if (type == YAML_STREAM_END_EVENT) return m_out.take();
    }
    return std::nullopt;
  }

 private:
  struct Level {
    std::string path;
    bool mapping = false;
    bool key_next = true;
    std::string key, key_kind;
    std::size_t index = 0;
  };

  bool take(const yaml_event_t& event) {
    switch (event.type) {
      case YAML_ALIAS_EVENT:
        return false;
      case YAML_DOCUMENT_START_EVENT:
        ++m_documents;
        return true;
      case YAML_SCALAR_EVENT: {
        const auto& node = event.data.scalar;
        const bool plain = node.style == YAML_PLAIN_SCALAR_STYLE;
        return scalar({reinterpret_cast<const char*>(node.value), node.length},
                      kind_of(node.anchor, node.tag, plain ? "plain" : "quoted"));
      }
      case YAML_SEQUENCE_START_EVENT: {
        const auto& node = event.data.sequence_start;
        return open(false, kind_of(node.anchor, node.tag, "sequence"));
      }
      case YAML_MAPPING_START_EVENT: {
        const auto& node = event.data.mapping_start;
        return open(true, kind_of(node.anchor, node.tag, "mapping"));
      }
      case YAML_SEQUENCE_END_EVENT:
      case YAML_MAPPING_END_EVENT:
        m_levels.pop_back();
        return true;
      default:
        return true;
    }
  }

  static std::string kind_of(const yaml_char_t* anchor, const yaml_char_t* tag, std::string_view style) {
    const auto text = [](const yaml_char_t* name) {
      return name == nullptr ? std::string_view{} : std::string_view{reinterpret_cast<const char*>(name)};
    };
    return fmt::format("{} &{} {}", text(tag), text(anchor), style);
  }

  /// The kind of the value that comes next, with that of its key, of which "no" and no are two.
  std::string with_key(std::string kind) const {
    const bool keyed = !m_levels.empty() && m_levels.back().mapping;
    return keyed ? m_levels.back().key_kind + ": " + kind : kind;
  }

  /// The path of the value that comes next; nothing where a key should be one.
  std::optional<std::string> next_path() {
    if (m_levels.empty()) return m_documents > 1 ? fmt::format("${}", m_documents) : std::string{"$"};
    auto& level = m_levels.back();
    if (!level.mapping) return fmt::format("{}[{}]", level.path, level.index++);
    if (level.key_next) return std::nullopt;
    level.key_next = true;
    return level.path + "." + level.key;
  }

  bool open(bool mapping, std::string kind) {
    kind = with_key(std::move(kind));
    auto path = next_path();
    if (!path || m_levels.size() >= k_deepest_structure) return false;
    if (!m_out.add(*path, mapping ? "{}" : "[]", std::move(kind))) return false;
    Level level;
    level.path = *std::move(path);
    level.mapping = mapping;
    m_levels.push_back(std::move(level));
    return true;
  }

  bool scalar(std::string value, std::string kind) {
    if (!m_levels.empty() && m_levels.back().mapping && m_levels.back().key_next) {
      m_levels.back().key = std::move(value);
      m_levels.back().key_kind = std::move(kind);
      m_levels.back().key_next = false;
      return true;
    }
    auto path = next_path();
    if (!path) return false;
    return m_out.add(*std::move(path), std::move(value), with_key(std::move(kind)));
  }

  yaml_parser_t m_parser{};
  bool m_ready = false;
  std::size_t m_documents = 0;
  std::vector<Level> m_levels;
  StructureValues m_out;
};

}  // namespace

std::optional<Structure> parse_yaml(std::string_view text) {
  return YamlReader{text}.run();
}

}  // namespace assay::artifact
