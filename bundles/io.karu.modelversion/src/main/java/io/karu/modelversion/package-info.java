/**
 * Model versions as files: reading and checking a version folder, its card and golden runs, and
 * writing it as a model bundle (docs/contracts.md, "Model version and model bundle"). Plain Java;
 * the cloud-aggregator uses the same classes.
 */
package io.karu.modelversion;
