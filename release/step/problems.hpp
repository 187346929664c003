// What makes a release impossible as its rows are (Snapshot::problems). The store names what is
// wrong with their text.
#pragma once

#include "release/step/step_draft.hpp"

namespace edgeroll::release {

/// Names rows that cannot be carried out: a plan beside rows, a content of a row's own.
void watch_rows(Draft& draft);

/// Names contents that were changed since the start, or marks that stand for no content.
void watch_content(Draft& draft);

}  // namespace edgeroll::release
