/**
 * Anomaly detection from good parts only: a memory bank within a byte budget, Gaussian statistics
 * that forget exactly what they are told to, and thresholds with a stated false-reject rate.
 */
@Version("1.0.0")
package io.karu.learning.anomaly;

import org.osgi.annotation.versioning.Version;
