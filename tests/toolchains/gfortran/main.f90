program main
  implicit none
  character(100) :: word
  integer :: number, total, i, unit, now(8)
  real :: chance
  read (*, '(A)') word
  open (newunit=unit, status='scratch')
  write (unit, *) 14
  rewind (unit)
  read (unit, *) number
  call date_and_time(values=now)
  call random_seed()
  call random_number(chance)
  if (now(1) < 2020 .or. chance >= 1) stop 1
  total = 0
  !$omp parallel do reduction(+:total) num_threads(3)
  do i = 1, 3
    total = total + number
  end do
  print '(A,1X,I0)', trim(word), total
end program
