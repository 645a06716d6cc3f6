/** The named policies of gateway/policies as files: where they lie, how one extends another. */
@NullMarked
package dev.warmlane.policyfile;

import org.jspecify.annotations.NullMarked;
