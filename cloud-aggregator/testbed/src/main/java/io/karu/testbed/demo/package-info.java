/** What Karu does that others do not, to be watched: {@code ./karu demo}. */
package io.karu.testbed.demo;
