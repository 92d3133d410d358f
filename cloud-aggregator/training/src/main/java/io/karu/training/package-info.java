/** Recipes that train, compress and compare models, and their commands. */
package io.karu.training;
