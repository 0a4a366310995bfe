// Values as bytes and back, for what this program keeps for itself between two runs. A type takes part by one function that
// names its members, for both directions:
//
//   template <typename Pack> void fields(Pack& pack, Point& point) { pack(point.x, point.y); }
//
// found by argument-dependent lookup. What is read is bounded by what is there; what the values mean is for the reader to check.
#pragma once
#include <array>
#include <chrono>
#include <concepts>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace assay {

class Packer {
 public:
  template <typename... Values>
  void operator()(const Values&... values) {
    (put(values), ...);
  }
  std::string take() { return std::move(m_bytes); }

 private:
  template <typename Value>
  requires std::integral<Value> || std::is_enum_v<Value>
  void put(Value value) {
    auto rest = static_cast<std::uint64_t>(value);
    for (; rest >= 0x80; rest >>= 7) m_bytes.push_back(static_cast<char>(rest | 0x80));
    m_bytes.push_back(static_cast<char>(rest));
  }
  void put(const std::string& text) {
    put(text.size());
    m_bytes += text;
  }
  template <typename Rep, typename Period>
  void put(const std::chrono::duration<Rep, Period>& value) {
    put(static_cast<std::int64_t>(value.count()));
  }
  template <std::size_t Size>
  void put(const std::array<std::uint8_t, Size>& bytes) {
    m_bytes.append(bytes.begin(), bytes.end());
  }
  template <typename Value>
  void put(const std::vector<Value>& values) {
    put(values.size());
    for (const auto& value : values) put(value);
  }
  template <typename Value>
  void put(const std::optional<Value>& value) {
    put(value.has_value());
    if (value) put(*value);
  }
  template <typename First, typename Second>
  void put(const std::pair<First, Second>& value) {
    put(value.first);
    put(value.second);
  }
  template <typename Key, typename Value, typename Less>
  void put(const std::map<Key, Value, Less>& values) {
    put(values.size());
    for (const auto& value : values) put(value);
  }
  template <typename Value>
  requires std::is_class_v<Value>
  void put(const Value& value) {
    fields(*this, const_cast<Value&>(value));  // only read from
  }

  std::string m_bytes;
};

class Unpacker {
 public:
  explicit Unpacker(std::string_view bytes) : m_rest(bytes) {}

  /// After the first thing that is not there, values stay as they are.
  template <typename... Values>
  void operator()(Values&... values) {
    (get(values), ...);
  }
  /// Everything was there, and nothing else.
  bool finished() const noexcept { return !m_broken && m_rest.empty(); }

 private:
  std::uint64_t number() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      if (m_rest.empty()) break;
      const auto byte = static_cast<std::uint8_t>(m_rest.front());
      m_rest.remove_prefix(1);
      value |= std::uint64_t{byte & 0x7fU} << shift;
      if (byte < 0x80) return value;
    }
    m_broken = true;
    return 0;
  }
  /// How many follow, of which each takes a byte at least.
  std::size_t count() {
    const auto value = number();
    if (value > m_rest.size()) m_broken = true;
    return m_broken ? 0 : static_cast<std::size_t>(value);
  }
  std::string_view bytes(std::size_t size) {
    if (size > m_rest.size()) m_broken = true;
    const auto taken = m_rest.substr(0, m_broken ? 0 : size);
    m_rest.remove_prefix(taken.size());
    return taken;
  }

  template <typename Value>
  requires std::integral<Value> || std::is_enum_v<Value>
  void get(Value& value) { value = static_cast<Value>(number()); }
  void get(std::string& text) { text = bytes(count()); }
  template <typename Rep, typename Period>
  void get(std::chrono::duration<Rep, Period>& value) {
    value = std::chrono::duration<Rep, Period>{static_cast<Rep>(static_cast<std::int64_t>(number()))};
  }
  template <std::size_t Size>
  void get(std::array<std::uint8_t, Size>& value) {
    const auto taken = bytes(Size);
    for (std::size_t i = 0; i < taken.size(); ++i) value[i] = static_cast<std::uint8_t>(taken[i]);
  }
  template <typename Value>
  void get(std::vector<Value>& values) {
    values.clear();
    for (auto left = count(); left > 0 && !m_broken; --left) get(values.emplace_back());
  }
  template <typename Value>
  void get(std::optional<Value>& value) {
    bool there = false;
    get(there);
    value.reset();
    if (there) get(value.emplace());
  }
  template <typename First, typename Second>
  void get(std::pair<First, Second>& value) {
    get(value.first);
    get(value.second);
  }
  template <typename Key, typename Value, typename Less>
  void get(std::map<Key, Value, Less>& values) {
    values.clear();
    for (auto left = count(); left > 0 && !m_broken; --left) {
      std::pair<Key, Value> value;
      get(value);
      values.insert(std::move(value));
    }
  }
  template <typename Value>
  requires std::is_class_v<Value>
  void get(Value& value) { fields(*this, value); }

  std::string_view m_rest;
  bool m_broken = false;
};

}  // namespace assay
