/**
 * Starts and watches child JVMs that train, quantize or probe: own heap, threads and priority, a
 * deadline, progress, cancelling. Killing a worker is a normal event: a task that keeps its state
 * in the worker's folder goes on from there when it is started again.
 */
package io.karu.worker;
