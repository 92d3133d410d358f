/**
 * Compression of models on the gateways that run them, and the way of what is made into the
 * registry.
 */
package io.karu.aggregator.compression;
