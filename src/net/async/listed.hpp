#pragma once
// What is under way, listed where somebody else can reach it, for as long as it is under way: also when it ends by an
// exception.

#include <set>

namespace punctual::net {

// Both must outlive it.
template <class Item>
class listed {
public:
    listed(std::set<Item*>& in, Item& item) : in_{in}, item_{item} { in_.insert(&item_); }
    ~listed() { in_.erase(&item_); }
    listed(const listed&) = delete;
    listed& operator=(const listed&) = delete;

private:
    std::set<Item*>& in_;
    Item& item_;
};

}  // namespace punctual::net
