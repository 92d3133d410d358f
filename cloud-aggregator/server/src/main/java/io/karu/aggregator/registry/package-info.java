/** Models and their immutable versions. */
package io.karu.aggregator.registry;
