-- Numbers are given in order of arrival: retention finds the oldest by them.
drop index verdict_by_age;
