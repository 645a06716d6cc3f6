/** What a replay found out, and how it is printed: as a table, as JSON or as CSV, with the same columns. */
@NullMarked
package dev.warmlane.tools.replay.report;

import org.jspecify.annotations.NullMarked;
