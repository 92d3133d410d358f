/** Verdicts and overrules as gateways send them. */
package io.karu.aggregator.verdict;
