// A bounded table of prepared primitives.
#pragma once

#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <stdexcept>
#include <unordered_map>
#include <vector>

namespace crucible {

/** Empties every plan cache of the addon; needed when the thread count changes, since plans are made for one. */
void clearPlans();
void onClearPlans(std::function<void()> clear);

/**
 * Plans by descriptor (a list of integers that says everything a plan depends on) and by number.
 *
 * Making a plan costs milliseconds and a few hundred kilobytes, using one costs microseconds. A search meets
 * thousands of shapes, so the least recently used plan goes when the table is full. Numbers are never
 * reused. A descriptor that oneDNN refused is remembered too, as a null plan with number -1.
 */
template <class Plan>
class PlanCache {
 public:
  explicit PlanCache(size_t capacity) : capacity_(capacity) {
    onClearPlans([this] {
      byKey_.clear();
      byNumber_.clear();
      entries_.clear();
    });
  }

  /** Number of the plan for `key`, made by `make` on first use; -1 if `make` returns null. */
  template <class Make>
  int64_t find(const int32_t* key, size_t length, Make make) {
    const std::vector<int32_t> wanted(key, key + length);
    const auto known = byKey_.find(wanted);
    if (known != byKey_.end()) {
      entries_.splice(entries_.begin(), entries_, known->second);
      return known->second->number;
    }
    std::unique_ptr<Plan> plan = make();
    if (entries_.size() >= capacity_) dropLast();
    const int64_t number = plan ? nextNumber_++ : -1;
    entries_.push_front(Entry{wanted, number, std::move(plan)});
    byKey_[wanted] = entries_.begin();
    if (number >= 0) byNumber_[number] = entries_.begin();
    return number;
  }

  /** The plan numbered `number`. Throws if it is gone, which cannot happen right after `find`. */
  Plan& at(int64_t number) {
    const auto known = byNumber_.find(number);
    if (known == byNumber_.end()) throw std::invalid_argument("no plan " + std::to_string(number));
    return *known->second->plan;
  }

  size_t size() const { return entries_.size(); }

 private:
  struct Entry {
    std::vector<int32_t> key;
    int64_t number;
    std::unique_ptr<Plan> plan;
  };
  struct Hash {
    size_t operator()(const std::vector<int32_t>& key) const {
      uint64_t hash = 1469598103934665603ull;  // FNV-1a
      for (const int32_t value : key) hash = (hash ^ static_cast<uint32_t>(value)) * 1099511628211ull;
      return static_cast<size_t>(hash);
    }
  };
  using Entries = std::list<Entry>;

  void dropLast() {
    const Entry& last = entries_.back();
    byKey_.erase(last.key);
    byNumber_.erase(last.number);
    entries_.pop_back();
  }

  size_t capacity_;
  int64_t nextNumber_ = 0;
  Entries entries_;  // most recently used first
  std::unordered_map<std::vector<int32_t>, typename Entries::iterator, Hash> byKey_;
  std::unordered_map<int64_t, typename Entries::iterator> byNumber_;
};

}  // namespace crucible
