/** What changes, told to whoever watches. */
package io.karu.aggregator.event;
