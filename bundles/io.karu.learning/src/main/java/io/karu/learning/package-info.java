/**
 * Toolkit: data sets, metrics, statistics, anomaly banks and reports, without any training stack.
 */
package io.karu.learning;
