#include <mpi.h>
#include <stdio.h>

int main(int count, char **arguments)
{
	int rank, number = 21, total;
	char word[100] = "";

	MPI_Init(&count, &arguments);
	MPI_Comm_rank(MPI_COMM_WORLD, &rank);
	MPI_Reduce(&number, &total, 1, MPI_INT, MPI_SUM, 0, MPI_COMM_WORLD);
	/* the first process alone has the input */
	if (rank == 0 && scanf("%99s", word) == 1)
		printf("%s %d\n", word, total);
	return MPI_Finalize();
}
