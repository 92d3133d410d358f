/** Compression in Kura: its form, its requests, and what a worker's JVM is made of. */
package io.karu.compression.kura;
