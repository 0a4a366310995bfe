// XML 1.0, through expat, which bounds what entities may grow to; nothing outside the document is ever loaded. A document
// that declares entities is compared as text.
#include <expat.h>
#include <fmt/format.h>

#include <map>
#include <memory>

#include "artifact/structure.hpp"

namespace assay::artifact {

namespace {

struct ParserDeleter {
  void operator()(XML_Parser parser) const { XML_ParserFree(parser); }
};

class XmlReader {
 public:
  std::optional<Structure> run(std::string_view text) {
    const std::unique_ptr<std::remove_pointer_t<XML_Parser>, ParserDeleter> parser{XML_ParserCreate(nullptr)};
    if (!parser) return std::nullopt;
    m_parser = parser.get();
    XML_SetUserData(m_parser, this);
    XML_SetElementHandler(m_parser, on_start, on_end);
    XML_SetCharacterDataHandler(m_parser, on_text);
    XML_SetEntityDeclHandler(m_parser, on_entity);
    XML_SetProcessingInstructionHandler(m_parser, on_instruction);
    m_levels.emplace_back();
    if (XML_Parse(m_parser, text.data(), static_cast<int>(text.size()), 1) != XML_STATUS_OK) return std::nullopt;
    return m_out.take();
  }

 private:
  struct Level {
    std::string path;
    std::map<std::string, std::size_t> seen;  ///< how many children of each name
    std::string text;
    std::size_t texts = 0;
  };

  static XmlReader& self(void* data) { return *static_cast<XmlReader*>(data); }

  static void on_start(void* data, const XML_Char* name, const XML_Char** attributes) {
    auto& reader = self(data);
    reader.end_text();
    auto& parent = reader.m_levels.back();
    Level level;
    level.path = fmt::format("{}/{}[{}]", parent.path, name, ++parent.seen[name]);
    reader.add(level.path, "<>");
    for (; *attributes != nullptr && !reader.m_stopped; attributes += 2)
      reader.add(fmt::format("{}/@{}", level.path, attributes[0]), attributes[1]);
    reader.m_levels.push_back(std::move(level));
    if (reader.m_levels.size() > k_deepest_structure) reader.stop();
  }

  static void on_end(void* data, const XML_Char* /*name*/) {
    self(data).end_text();
    self(data).m_levels.pop_back();
  }

  static void on_text(void* data, const XML_Char* text, int size) {
    self(data).m_levels.back().text.append(text, static_cast<std::size_t>(size));
  }

  static void on_instruction(void* data, const XML_Char* target, const XML_Char* text) {
    self(data).add(fmt::format("{}/?{}", self(data).m_levels.back().path, target), text);
  }

  static void on_entity(void* data, const XML_Char*, int, const XML_Char*, int, const XML_Char*, const XML_Char*,
                        const XML_Char*, const XML_Char*) {
    self(data).stop();
  }

  /// White space between elements is layout.
  void end_text() {
    auto& level = m_levels.back();
    if (level.text.find_first_not_of(" \t\r\n") != std::string::npos)
      add(fmt::format("{}/text()[{}]", level.path, ++level.texts), level.text);
    level.text.clear();
  }

  void add(std::string path, std::string value) {
    if (!m_out.add(std::move(path), std::move(value))) stop();
  }
  void stop() {
    m_stopped = true;
    XML_StopParser(m_parser, XML_FALSE);
  }

  XML_Parser m_parser = nullptr;
  bool m_stopped = false;
  std::vector<Level> m_levels;
  StructureValues m_out;
};

}  // namespace

std::optional<Structure> parse_xml(std::string_view text) {
  return XmlReader{}.run(text);
}

}  // namespace assay::artifact
