/** Deployment packages, jobs that install them, and desired states. */
package io.karu.aggregator.deployment;
