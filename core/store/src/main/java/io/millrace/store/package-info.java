/** The declarative store: what users want and what was observed, with revisions and watch. */
@NullMarked
package io.millrace.store;

import org.jspecify.annotations.NullMarked;
