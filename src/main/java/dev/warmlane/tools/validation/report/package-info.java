/** What a validation found out, and how it is printed: for people, for scripts, for a pull request, for a test report. */
@NullMarked
package dev.warmlane.tools.validation.report;

import org.jspecify.annotations.NullMarked;
