#include "vcs/loose_object.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <memory>
#include <string_view>
#include <utility>

#include "vcs/inflate.hpp"

namespace assay::vcs {

namespace {

constexpr std::size_t k_longest_header = 32;  ///< git's MAX_HEADER_LEN

struct Header {
  ObjectHeader object;
  std::size_t length = 0;  ///< with its NUL
};

std::optional<Header> parse(std::string_view start) {
  const auto space = start.find(' ');
  const auto end = start.find('\0');
  if (end == std::string_view::npos || space >= end) return std::nullopt;
  const auto type = object_type(start.substr(0, space));
  const auto digits = start.substr(space + 1, end - space - 1);
  Header header;
  const auto [stop, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), header.object.size);
  if (!type || problem != std::errc{} || stop != digits.data() + digits.size()) return std::nullopt;
  if (digits.size() > 1 && digits.front() == '0') return std::nullopt;
  header.object.type = *type;
  header.length = end + 1;
  return header;
}

std::optional<Header> header_of(ByteView file) {
  std::array<std::uint8_t, k_longest_header> start{};
  const auto size = inflate_start(file, start);
  return parse(as_text(ByteView{start}.first(size)));
}

}  // namespace

std::optional<ObjectHeader> loose_header(ByteView file) {
  const auto header = header_of(file);
  return header ? std::optional{header->object} : std::nullopt;
}

std::optional<ObjectContent> loose_content(ByteView file) {
  const auto header = header_of(file);
  if (!header || header->object.size > UINT64_MAX - header->length) return std::nullopt;
  auto whole = inflate_exactly(file, header->length + header->object.size);
  if (!whole) return std::nullopt;
  const auto owner = std::make_shared<const Bytes>(*std::move(whole));
  return ObjectContent{owner, ByteView{*owner}.subspan(header->length)};
}

}  // namespace assay::vcs
