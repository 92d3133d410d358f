/** The command line: verbs on the aggregator's REST interface. */
package io.karu.cli;
