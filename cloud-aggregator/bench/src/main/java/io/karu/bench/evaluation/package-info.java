/**
 * What a model version is worth on labelled data: one evaluation per task, all with the station's
 * own inspectors.
 */
package io.karu.bench.evaluation;
