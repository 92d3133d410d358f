/**
 * Compression of a model on the gateway where it runs: frames kept from the line, jobs that survive
 * power cuts, and the work itself, which a child JVM does.
 */
package io.karu.compression.gateway;
