/**
 * Inspection: where frames come from, what is decided about them, and who is told. Plain Java;
 * Kura's side is in {@code kura}.
 */
package io.karu.station;
