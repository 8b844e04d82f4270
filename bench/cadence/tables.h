/* tables.h - what is measured and printed, a table a function. Each returns
 * how many of its goals were missed. */
#ifndef BENCH_TABLES_H
#define BENCH_TABLES_H

#include <stdio.h>

int proof_print(FILE *out);                  /* proof.c */
int table_same_delay(FILE *out);             /* same_delay.c */
int table_patience(FILE *out, FILE *curves); /* patience.c */
int table_recovery(FILE *out, FILE *curves); /* recovery.c */
int table_together(FILE *out);               /* together.c */
void table_cost(FILE *out);                  /* cost.c */

#endif
