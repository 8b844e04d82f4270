/* main.c - `make bench-cadence`: the learned schedule of looks against fixed
 * ones and against the one that knows the distribution. Simulated and seeded:
 * only the table of what it costs in CPU changes from run to run.
 * Usage: cadence FOLDER SEED; the table goes to stdout, the curves into FOLDER.
 */
#include <stdio.h>
#include <stdlib.h>

#include "dice.h"
#include "tables.h"

static FILE *create(const char *folder, const char *name) {
  char path[512];
  FILE *file;
  snprintf(path, sizeof(path), "%s/%s", folder, name);
  file = fopen(path, "w");
  if (!file) {
    perror(path);
    exit(2);
  }
  return file;
}

int main(int argc, char **argv) {
  FILE *patience, *recovery;
  int missed = 0;
  if (argc != 3) {
    fputs("usage: cadence FOLDER SEED\n", stderr);
    return 2;
  }
  dice_reseed(strtoull(argv[2], NULL, 10));
  printf("make bench-cadence SEED=%s\nThe constants in src/cadence.c were "
         "chosen with seed 0.\n\n",
         argv[2]);
  patience = create(argv[1], "patience.dat");
  recovery = create(argv[1], "recovery.dat");
  missed += proof_print(stdout);
  missed += table_same_delay(stdout);
  missed += table_patience(stdout, patience);
  missed += table_recovery(stdout, recovery);
  missed += table_together(stdout);
  table_cost(stdout);
  fclose(patience);
  fclose(recovery);
  printf("\nGoals missed: %d\n", missed);
  return missed > 0;
}
