/** Anomaly models from good parts only, and how good they are on real parts. */
package io.karu.training.anomaly;
