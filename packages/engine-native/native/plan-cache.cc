#include "plan-cache.h"

namespace crucible {

static std::vector<std::function<void()>>& clearers() {
  static auto* list = new std::vector<std::function<void()>>;
  return *list;
}

void onClearPlans(std::function<void()> clear) { clearers().push_back(std::move(clear)); }

void clearPlans() {
  for (const auto& clear : clearers()) clear();
}

}  // namespace crucible
