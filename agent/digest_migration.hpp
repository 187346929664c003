// Digests that an earlier program wrote down by the rule that does not see templates, counted anew
// (docs/contract.md 5.6): the first start of a newer agent.
#pragma once

#include "agent/apply/journal_codec.hpp"
#include "agent/ports.hpp"

namespace edgeroll::agent {

/// Renames the kept contents and changes the book's entries, as far as the contents are still here
/// to be counted; what is not keeps its digest, and is then another content than any that is sent.
/// Nothing to do once the book says that it was done. May be interrupted at any point: the next
/// start does it again.
Result<void> migrate_digests(Files& files, apply::Book& book);

}  // namespace edgeroll::agent
