#include "base/block_queue.hpp"

#include <algorithm>
#include <set>
#include <thread>

#include "support/catch.hpp"

using namespace assay;

namespace {

/// Send `total` counting bytes in blocks of changing size; how far it came.
std::size_t produce(BlockQueue& queue, std::size_t total) {
  std::size_t sent = 0;
  while (sent < total) {
    auto block = queue.acquire();
    if (!block) return sent;
    const auto size = std::min({total - sent, block->size(), sent % 7 + 1});
    for (std::size_t i = 0; i < size; ++i) (*block)[i] = static_cast<std::uint8_t>(sent + i);
    block->resize(size);
    if (!queue.push(*std::move(block))) return sent;
    sent += size;
  }
  queue.finish({});
  return sent;
}

}  // namespace

TEST_CASE("block queue: everything arrives once and in order", "[base][block_queue]") {
  BlockQueue queue{16, 3};
  std::thread producer{[&] { produce(queue, 50'000); }};
  std::size_t received = 0;
  bool in_order = true;
  while (auto block = queue.pop()) {
    for (const auto byte : *block) in_order = in_order && byte == static_cast<std::uint8_t>(received++);
    queue.recycle(*std::move(block));
  }
  producer.join();
  CHECK(received == 50'000);
  CHECK(in_order);
  CHECK(queue.outcome());
}

TEST_CASE("block queue: no more than depth + 2 blocks are ever made", "[base][block_queue]") {
  BlockQueue queue{64, 4};
  std::set<const std::uint8_t*> buffers;
  std::thread producer{[&] { produce(queue, 20'000); }};
  while (auto block = queue.pop()) {
    buffers.insert(block->data());
    queue.recycle(*std::move(block));
  }
  producer.join();
  CHECK(buffers.size() <= 6);
}

TEST_CASE("block queue: a recycled block has its whole size again", "[base][block_queue]") {
  BlockQueue queue{64, 4};
  auto block = queue.acquire();
  block->resize(1);
  queue.recycle(*std::move(block));
  CHECK(queue.acquire()->size() == 64);
}

TEST_CASE("block queue: a producer that waits for room is let go by cancel()", "[base][block_queue]") {
  BlockQueue queue{16, 1};
  std::size_t sent = 0;
  std::thread producer{[&] { sent = produce(queue, 1'000'000); }};
  REQUIRE(queue.pop());
  queue.cancel();
  producer.join();
  CHECK(sent < 1'000'000);
  CHECK_FALSE(queue.acquire());
  CHECK_FALSE(queue.pop());
}

TEST_CASE("block queue: a stream that ends badly says so after its last block", "[base][block_queue]") {
  BlockQueue queue{16, 4};
  auto block = queue.acquire();
  REQUIRE(queue.push(*std::move(block)));
  queue.finish(Error{ErrorCode::format, "damaged", {}, {}});
  CHECK(queue.pop());
  CHECK_FALSE(queue.pop());
  REQUIRE_FALSE(queue.outcome());
  CHECK(queue.outcome().error().message == "damaged");
}

TEST_CASE("block queue: an empty block is kept back and does not end the stream", "[base][block_queue]") {
  BlockQueue queue{16, 4};
  REQUIRE(queue.push(Bytes{}));
  REQUIRE(queue.push(Bytes{1}));
  queue.finish({});
  CHECK(queue.pop() == Bytes{1});
  CHECK_FALSE(queue.pop());
}
