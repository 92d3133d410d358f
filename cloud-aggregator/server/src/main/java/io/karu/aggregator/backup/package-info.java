/** A copy of the whole state as one zip file, and the way back. */
package io.karu.aggregator.backup;
